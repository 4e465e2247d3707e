\set account random(1, :accounts)
SELECT bench_spend(lpad(to_hex(:account::bigint), 32, '0')::uuid, 1, 'A use', gen_random_uuid()::text, 'tokenSpend', '\x0000000000000000000000000000000000000000000000000000000000000000');
