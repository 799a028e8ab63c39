"""`db`, `backup`, `restore`, `export` and `import`."""
