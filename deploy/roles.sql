-- The three roles and the database of Saola, for psql as a superuser. It may run again: passwords are set anew.
--   saola_owner   owns the tables and changes them; used by `saola migrate` only
--   saola_app     what everything runs as: sees one tenant at a time, by row-level security
--   saola_system  relay and schedule: outbox rows and heartbeats of all tenants, nothing else
\set ON_ERROR_STOP on
\getenv owner SAOLA_OWNER_PASSWORD
\getenv app SAOLA_APP_PASSWORD
\getenv system SAOLA_SYSTEM_PASSWORD

SELECT format('CREATE ROLE %I', name)
FROM unnest(ARRAY['saola_owner', 'saola_app', 'saola_system']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE saola_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'owner';
ALTER ROLE saola_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'app';
ALTER ROLE saola_system LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'system';

SELECT 'CREATE DATABASE saola OWNER saola_owner ENCODING ''UTF8'' TEMPLATE template0'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'saola') \gexec
REVOKE ALL ON DATABASE saola FROM PUBLIC;
GRANT CONNECT ON DATABASE saola TO saola_app, saola_system;

\connect saola
-- For knowledge search; only a superuser may create it. Nothing else asks for it.
SELECT 'CREATE EXTENSION IF NOT EXISTS vector'
WHERE EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') \gexec
