"""HTTP, thin: routes, decoding, and errors turned into statuses."""
