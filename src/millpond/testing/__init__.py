"""Contract suites and fakes, for the authors of engines and plug-ins."""
