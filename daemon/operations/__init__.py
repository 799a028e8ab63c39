"""What people may ask and do, one file per noun: the only door from people to the store.

Arguments are the database, the viewer, and values; results are frozen views; errors are typed.
"""
