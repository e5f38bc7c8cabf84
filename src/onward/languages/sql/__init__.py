"""SQL, as DuckDB reads it: which tables and files a query names, and what it means apart from its layout."""

from onward.languages.sql.query import analyse

__all__ = ["analyse"]
