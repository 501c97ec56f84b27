"""PostgreSQL with PostGIS: schema, migrations, scoped sessions, bulk loading, the embedded cluster."""
