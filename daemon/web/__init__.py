"""Serves the pages for people: everything that they may see and do, without a terminal.

To add a page:

1. A handler in `pages/`, in the file of its family: `async def show_…(request: Request) -> Answer`
   reads `request.query`, calls ONE operation of `daemon/operations/` with `request.database` and
   `request.viewer`, and returns `page("name.html", …)` with the values of its template.
2. Its row in `routes.py`, with the names of the query's fields that it `takes`: all others are
   refused, and nothing is reachable that has no row. A row with POST gets its CSRF check and the
   daemon's own database by that; its handler reads `request.form`, calls one operation, and
   returns `see_other(path, "what was done")`.
3. A template in `templates/` that extends `base.html`. All text is escaped and loses its control
   characters by itself; `| moment`, `| link` and the other filters of `templating.py` say times,
   sizes and foreign addresses. A form begins with `{{ csrf }}`, its hidden field.

What cannot be read or found is raised: `edge.py` makes a page with the right status of
`InputError`, `NotFoundError` and the other errors of `daemon/model/errors.py`; `server.py` puts the
same headers on whatever leaves.
"""
