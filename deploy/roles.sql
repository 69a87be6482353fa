-- The three roles and the database of Saola, for psql as a superuser, or as an administrator who may
-- create roles and databases. It may run again: passwords are set anew.
--   saola_owner   owns the tables and changes them; used by `saola migrate` only
--   saola_app     what everything runs as: sees one tenant at a time, by row-level security
--   saola_system  relay and schedule: outbox rows and heartbeats of all tenants, nothing else
\set ON_ERROR_STOP on
\getenv owner DB_OWNER_PASSWORD
\getenv app DB_APP_PASSWORD
\getenv system DB_SYSTEM_PASSWORD

-- A fresh role is neither superuser nor exempt from row-level security, and cannot create roles or databases.
SELECT format('CREATE ROLE %I', name)
FROM unnest(ARRAY['saola_owner', 'saola_app', 'saola_system']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE saola_owner LOGIN PASSWORD :'owner';
ALTER ROLE saola_app LOGIN PASSWORD :'app';
ALTER ROLE saola_system LOGIN PASSWORD :'system';

-- On a managed service you are no superuser, and make a database for another role only as its member.
SELECT 'GRANT saola_owner TO CURRENT_USER'
WHERE NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) \gexec

SELECT 'CREATE DATABASE saola OWNER saola_owner ENCODING ''UTF8'' TEMPLATE template0'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'saola') \gexec
REVOKE ALL ON DATABASE saola FROM PUBLIC;
GRANT CONNECT ON DATABASE saola TO saola_app, saola_system;

\connect saola
-- For knowledge search. Where you may not create it, create it by the service's own means; nothing else asks for it.
\set ON_ERROR_STOP off
SELECT 'CREATE EXTENSION IF NOT EXISTS vector'
WHERE EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector')
  AND NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'vector') \gexec
