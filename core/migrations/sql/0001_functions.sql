-- Look-ups that must work before the tenant is known. The owner is subject to FORCE ROW LEVEL SECURITY too, so each
-- table they read has one narrow policy for it.
DO $$ BEGIN
    EXECUTE format('CREATE POLICY look_up ON api_keys FOR SELECT TO %I USING (true)', current_user);
    EXECUTE format('CREATE POLICY look_up ON users FOR SELECT TO %I USING (true)', current_user);
    EXECUTE format('CREATE POLICY look_up ON sessions FOR SELECT TO %I USING (true)', current_user);
    EXECUTE format('CREATE POLICY look_up ON tenants TO %I USING (true) WITH CHECK (true)', current_user);
END $$;

CREATE FUNCTION find_api_key(wanted text)
RETURNS TABLE (id uuid, tenant_id uuid, name text, digest text, scopes text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT id, tenant_id, name, digest, scopes FROM api_keys WHERE prefix = wanted AND revoked_at IS NULL $$;

CREATE FUNCTION find_user(wanted text)
RETURNS TABLE (id uuid, tenant_id uuid, email text, name text, scopes text[], password_hash text, language text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT id, tenant_id, email, name, scopes, password_hash, language FROM users
   WHERE email = lower(wanted) AND disabled_at IS NULL ORDER BY created_at LIMIT 1 $$;

CREATE FUNCTION find_session(wanted text)
RETURNS TABLE (user_id uuid, tenant_id uuid, email text, name text, scopes text[], language text, csrf text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT u.id, u.tenant_id, u.email, u.name, u.scopes, u.language, s.csrf
   FROM sessions s JOIN users u ON u.id = s.user_id
   WHERE s.digest = wanted AND s.expires_at > clock_timestamp() AND u.disabled_at IS NULL $$;

CREATE FUNCTION list_tenants()
RETURNS TABLE (id uuid, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT id, name FROM tenants ORDER BY created_at $$;

CREATE FUNCTION make_tenant(wanted uuid, wanted_name text, wanted_timezone text)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS
$$ INSERT INTO tenants (id, name, timezone) VALUES (wanted, wanted_name, wanted_timezone) ON CONFLICT DO NOTHING $$;

REVOKE ALL ON FUNCTION find_api_key(text), find_user(text), find_session(text), list_tenants(),
    make_tenant(uuid, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_api_key(text), find_user(text), find_session(text), list_tenants(),
    make_tenant(uuid, text, text) TO saola_app;
GRANT EXECUTE ON FUNCTION list_tenants() TO saola_system;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON journal FOR EACH ROW EXECUTE FUNCTION refuse_change();
