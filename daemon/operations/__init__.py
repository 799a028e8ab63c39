"""The operations for people, one file per noun: their only access to the store.

Arguments are the database, the viewer, and values; results are frozen views; errors are typed.
"""
