-- demo.sql - the sample warehouse: a shop with 5,000 customers, always the same one.
-- Run by demo.sh in a fresh database, in one transaction. Dates are fixed too, so that screenshots
-- and tests can rely on every value.
SET client_min_messages = warning;
SET timezone = 'UTC';
DO $$ BEGIN PERFORM setseed(0.42); END $$;

CREATE SCHEMA shop;
CREATE SCHEMA analytics;
COMMENT ON SCHEMA shop IS 'What the shop''s own software writes';
COMMENT ON SCHEMA analytics IS 'What the data team builds on it';

CREATE TYPE shop.plan AS ENUM ('free', 'starter', 'pro', 'enterprise');
CREATE TYPE shop.order_status AS ENUM ('cart', 'paid', 'shipped', 'returned');

-- ---- customers -----------------------------------------------------------------------------------
CREATE TABLE shop.customers (
	id                bigint PRIMARY KEY,
	uuid              uuid NOT NULL UNIQUE,
	email             text, -- as people typed it: blanks and capitals, and some gave none
	first_name        text NOT NULL,
	last_name         text NOT NULL,
	plan              shop.plan NOT NULL,
	mrr               numeric(12, 2) NOT NULL, -- monthly recurring revenue, EUR
	country           char(2),
	prefs             jsonb NOT NULL,
	tags              text[] NOT NULL,
	birthday          date,
	marketing_consent boolean NOT NULL,
	created_at        timestamptz NOT NULL,
	updated_at        timestamptz NOT NULL
);
COMMENT ON TABLE shop.customers IS 'One row for each customer account';
COMMENT ON COLUMN shop.customers.mrr IS 'Monthly recurring revenue in EUR';

CREATE TEMP TABLE people (no int PRIMARY KEY, country char(2), language text, first text[], last text[]);
INSERT INTO people VALUES
	(0, 'DE', 'de', '{Jürgen,Käthe,Björn,Anneliese,Lukas,Mia}', '{Müller,Schröder,Weiß,Größer,Vogel}'),
	(1, 'FR', 'fr', '{Zoé,François,Chloé,Gaël,Inès}', '{Lefèvre,Dupont,D''Arcy,Bézier,Noël}'),
	(2, 'US', 'en', '{Olivia,Liam,Mary Ann,DeShawn,Grace}', '{Smith,O''Brien,"van der Berg",Nguyen,"Lee, Jr."}'),
	(3, 'PL', 'pl', '{Łukasz,Żaneta,Małgorzata,Paweł}', '{Wójcik,Kowalczyk,Świątek,Źrebiec}'),
	(4, 'JP', 'ja', '{さくら,健太,美咲,翔}', '{佐藤,鈴木,髙橋,渡邊}'),
	(5, 'CN', 'zh', '{伟,芳,娜,秀英}', '{王,李,欧阳,张}'),
	(6, 'KR', 'ko', '{민준,서연,지우}', '{김,이,박}'),
	(7, 'GR', 'el', '{Ελένη,Γιώργος,Μαρία}', '{Παπαδόπουλος,Νικολάου}'),
	(8, 'UA', 'uk', '{Олена,Андрій,Софія}', '{Шевченко,Коваленко}'),
	(9, 'SA', 'ar', '{محمد,فاطمة,ليلى}', '{العتيبي,الحربي}'),
	(10, 'BR', 'pt', '{João,Conceição,Luís}', '{Gonçalves,Araújo,"da Silva"}'),
	(11, 'TR', 'tr', '{İpek,Çağrı,Şule}', '{Yılmaz,Öztürk}');

-- Dice are thrown into a table first: in which order a join would throw them is the planner's choice.
CREATE TEMP TABLE dice AS
SELECT n, random() AS a, random() AS b, random() AS c, random() AS d, random() AS e, random() AS f
FROM generate_series(1, 55000) AS n;

INSERT INTO shop.customers
SELECT n,
	md5('customer ' || n)::uuid,
	CASE
		WHEN r.mail < 0.03 THEN NULL
		WHEN r.mail < 0.06 THEN ' Customer' || n || '@Example.COM '
		ELSE 'customer' || n || '@' || (ARRAY ['example.com', 'example.org', 'mail.example.net'])[1 + n % 3]
	END,
	p.first[1 + (r.first * (cardinality(p.first) - 1))::int],
	p.last[1 + (r.last * (cardinality(p.last) - 1))::int],
	t.plan,
	CASE t.plan
		WHEN 'free' THEN 0
		WHEN 'starter' THEN 19.90
		WHEN 'pro' THEN round((49 + r.money * 150)::numeric, 2)
		ELSE round((900 + r.money * 9000)::numeric, 2)
	END,
	CASE WHEN r.mail > 0.99 THEN NULL ELSE p.country END,
	jsonb_build_object('lang', p.language, 'theme', (ARRAY ['light', 'dark', 'auto'])[1 + n % 3],
		'newsletter', jsonb_build_object('weekly', n % 2 = 0, 'topics',
			to_jsonb((ARRAY ['news', 'offers', 'tips', 'events'])[1:n % 5]))),
	(ARRAY ['vip', 'beta', 'wholesale', 'gift'])[1 + n % 4:(n % 7)],
	CASE WHEN r.first < 0.7 THEN date '1950-01-01' + (r.last * 20000)::int END,
	r.money > 0.35,
	c.at,
	c.at + (r.last * 200) * interval '1 day'
FROM (SELECT n, a AS mail, b AS first, c AS last, d AS money, e AS plan, f AS since FROM dice
		WHERE n <= 5000) AS r
	CROSS JOIN LATERAL (SELECT (CASE WHEN r.plan < 0.45 THEN 'free' WHEN r.plan < 0.8 THEN 'starter'
		WHEN r.plan < 0.97 THEN 'pro' ELSE 'enterprise' END)::shop.plan AS plan) AS t
	CROSS JOIN LATERAL (SELECT timestamptz '2023-01-01 08:00+00' + r.since * interval '900 days' AS at) AS c
	JOIN people AS p ON p.no = n % 12
ORDER BY n;

-- ---- orders and events ---------------------------------------------------------------------------
CREATE TABLE shop.orders (
	id          bigint PRIMARY KEY,
	customer_id bigint NOT NULL REFERENCES shop.customers,
	status      shop.order_status NOT NULL,
	total       numeric(12, 2) NOT NULL,
	currency    char(3) NOT NULL,
	items       jsonb NOT NULL,
	placed_at   timestamptz NOT NULL,
	shipped_at  timestamptz
);
COMMENT ON TABLE shop.orders IS 'Orders, carts that were left included';

INSERT INTO shop.orders
SELECT 100000 + n, c.id,
	(CASE WHEN r.status < 0.1 THEN 'cart' WHEN r.status < 0.4 THEN 'paid' WHEN r.status < 0.95 THEN 'shipped'
		ELSE 'returned' END)::shop.order_status,
	round((5 + r.total * r.total * 400)::numeric, 2),
	CASE c.country WHEN 'US' THEN 'USD' WHEN 'JP' THEN 'JPY' ELSE 'EUR' END,
	jsonb_build_array(jsonb_build_object('sku', 'SKU-' || (1 + (r.total * 300)::int), 'quantity', 1 + n % 3)),
	c.created_at + r.at * interval '300 days',
	CASE WHEN r.status >= 0.4 THEN c.created_at + r.at * interval '300 days' + interval '31 hours' END
FROM (SELECT n - 5000 AS n, a AS who, b AS status, c AS total, d AS at FROM dice
		WHERE n BETWEEN 5001 AND 25000) AS r
	JOIN shop.customers AS c ON c.id = 1 + floor(power(r.who, 1.2) * 4950)::int -- the last 50 never ordered
ORDER BY n;
CREATE INDEX ON shop.orders (customer_id);

CREATE TABLE shop.events (
	id          bigint PRIMARY KEY,
	customer_id bigint REFERENCES shop.customers, -- NULL: a visitor without an account
	name        text NOT NULL,
	url         text,
	properties  jsonb NOT NULL,
	occurred_at timestamptz NOT NULL
);
COMMENT ON TABLE shop.events IS 'What people did on the web site';

INSERT INTO shop.events
SELECT n, CASE WHEN r.who < 0.9 THEN 1 + floor(r.who / 0.9 * 4950)::int END,
	(ARRAY ['Product Viewed', 'Product Added', 'Search', 'Checkout Started', 'Signed In'])[1 + n % 5],
	'https://shop.example.com/p/' || (1 + (r.what * 300)::int),
	jsonb_build_object('position', n % 20, 'device', (ARRAY ['phone', 'desktop', 'tablet'])[1 + n % 3]),
	timestamptz '2025-03-01 00:00+00' + n * interval '97 seconds'
FROM (SELECT n - 25000 AS n, a AS who, b AS what FROM dice WHERE n > 25000) AS r
ORDER BY n;

-- ---- what the data team builds -------------------------------------------------------------------
CREATE VIEW analytics.customer_360 AS
SELECT c.id AS customer_id, c.uuid, lower(trim(c.email)) AS email, c.first_name || ' ' || c.last_name AS name,
	c.plan, c.mrr, c.country, coalesce(o.orders, 0) AS orders, coalesce(o.ltv, 0) AS ltv, o.last_order_at,
	c.marketing_consent
FROM shop.customers AS c
	LEFT JOIN (SELECT customer_id, count(*) AS orders, sum(total) AS ltv, max(placed_at) AS last_order_at
		FROM shop.orders WHERE status IN ('paid', 'shipped') GROUP BY customer_id) AS o ON o.customer_id = c.id;
COMMENT ON VIEW analytics.customer_360 IS 'Each customer with lifetime value; customer_id is the key';

CREATE MATERIALIZED VIEW analytics.revenue_by_month AS
SELECT date_trunc('month', placed_at)::date AS month, currency, count(*) AS orders, sum(total) AS revenue
FROM shop.orders WHERE status <> 'cart' GROUP BY 1, 2;
CREATE UNIQUE INDEX ON analytics.revenue_by_month (month, currency);

-- ---- what a careful tool has to survive ------------------------------------------------------------
CREATE TABLE shop.hostile_text (
	id    int PRIMARY KEY,
	what  text NOT NULL,
	value text
);
COMMENT ON TABLE shop.hostile_text IS 'Texts that must not do anything to a terminal';
INSERT INTO shop.hostile_text VALUES
	(1, 'clears the screen', E'before\x1b[2J\x1b[Hafter'),
	(2, 'sets the window title', E'\x1b]0;owned\x07'),
	(3, 'hides what follows', E'visible\x1b[8mhidden'),
	(4, 'turns the text around', U&'invoice_\202Efdp.exe'),
	(5, 'zero width inside', U&'pay\200Bpal'),
	(6, 'C1 control', U&'x\009B31mred'),
	(7, 'line breaks and tabs', E'one\ntwo\r\nthree\tfour'),
	(8, 'very long', repeat('0123456789', 20000)),
	(9, 'combining marks', U&'Z' || repeat(U&'\0335\0351\0327', 40) || 'algo'),
	(10, 'emoji and flags', U&'\+01F469\200D\+01F4BB \+01F1E9\+01F1EA \+01F44D\+01F3FD'),
	(11, 'wide characters', '全角文字と半角ｶﾅ 한국어'),
	(12, 'right to left', 'שלום עולם مرحبا'),
	(13, 'looks like SQL', '''); DROP TABLE shop.customers; --'),
	(14, 'looks like JSON', '{"userId": "someone else"}'),
	(15, 'looks like a formula', '=HYPERLINK("http://example.com","click")'),
	(16, 'empty', ''),
	(17, 'null', NULL),
	(18, 'blanks only', '   ');

CREATE TABLE shop.import_without_key (
	line    text NOT NULL,
	read_at timestamptz NOT NULL
);
COMMENT ON TABLE shop.import_without_key IS 'No primary key: a sync needs one to be named';
INSERT INTO shop.import_without_key
SELECT 'line ' || n, timestamptz '2025-05-01 00:00+00' + n * interval '1 second' FROM generate_series(1, 100) AS n;

CREATE TABLE shop.import_duplicate_key (
	code  text,
	label text
);
COMMENT ON TABLE shop.import_duplicate_key IS 'code looks like a key, but A-7 is there twice and one is NULL';
INSERT INTO shop.import_duplicate_key
SELECT 'A-' || n, 'Article ' || n FROM generate_series(1, 50) AS n
UNION ALL SELECT 'A-7', 'Article 7, once more' UNION ALL SELECT NULL, 'Article without a code';

CREATE TABLE shop."Odd Names" (
	"Ünïque Id"   int PRIMARY KEY,
	"select"      text,
	"with ""quotes""" text,
	"UPPER.dotted" numeric
);
INSERT INTO shop."Odd Names" VALUES (1, 'a', 'b', 1.10), (2, 'c', 'd', 'NaN');

-- ---- a day passes ----------------------------------------------------------------------------------
-- About 1 % of the customers change, ten come, three leave. The same each time it is called on the
-- same data: demo.sh --change.
CREATE FUNCTION shop.a_day_passes() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	now_at   timestamptz := (SELECT max(updated_at) + interval '1 day' FROM shop.customers);
	last_id  bigint := (SELECT max(id) FROM shop.customers);
	changed  bigint;
	left_us  bigint;
BEGIN
	UPDATE shop.customers SET plan = CASE plan WHEN 'free' THEN 'starter' WHEN 'starter' THEN 'pro' ELSE plan END,
		mrr = CASE plan WHEN 'free' THEN 19.90 WHEN 'starter' THEN 79.00 ELSE mrr + 10 END, updated_at = now_at
	WHERE (id + last_id) % 101 = 0;
	GET DIAGNOSTICS changed = ROW_COUNT;
	DELETE FROM shop.customers AS c WHERE id IN (
		SELECT id FROM shop.customers WHERE NOT EXISTS (SELECT FROM shop.orders WHERE customer_id = customers.id)
			AND NOT EXISTS (SELECT FROM shop.events WHERE customer_id = customers.id) ORDER BY id LIMIT 3);
	GET DIAGNOSTICS left_us = ROW_COUNT;
	INSERT INTO shop.customers
	SELECT last_id + n, md5('customer ' || last_id + n)::uuid, 'customer' || last_id + n || '@example.com',
		'Nova', 'Newcomer ' || n, 'free', 0, 'SE', '{"lang": "sv"}', '{}', NULL, true, now_at, now_at
	FROM generate_series(1, 10) AS n;
	REFRESH MATERIALIZED VIEW analytics.revenue_by_month;
	RETURN format('%s customers changed, 10 came, %s left', changed, left_us);
END $$;

-- ---- who may read ----------------------------------------------------------------------------------
DO $$ BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'reader') THEN
		CREATE ROLE reader LOGIN;
	END IF;
END $$;
GRANT USAGE ON SCHEMA shop, analytics TO reader;
GRANT SELECT ON ALL TABLES IN SCHEMA shop, analytics TO reader;
ANALYZE;
