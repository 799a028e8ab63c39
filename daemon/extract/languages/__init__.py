"""Languages of rules beside CSS, XPath 1 and JMESPath, each through a library of one extra."""
