"""The process that has the browser. Its only way out are the connections that it hands over."""
