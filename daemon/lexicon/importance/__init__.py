"""The words by which a change matters: quantities that bind, advisories, obligations."""
