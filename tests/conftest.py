"""How thorough the property tests are: `--hypothesis-profile=long` tries many more examples."""

from hypothesis import settings

settings.register_profile("long", max_examples=2_000, deadline=None)
