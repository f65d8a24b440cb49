BEGIN TRANSACTION;
CREATE TABLE actors (
            season INTEGER, node TEXT, key TEXT NOT NULL, root TEXT NOT NULL, first INTEGER, last INTEGER,
            lookups INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (season, node)) WITHOUT ROWID;
INSERT INTO "actors" VALUES(683,'0:192.0.2.1','192.0.2.1','0:192.0.2.1',1770633035954508,1770633115442787,5);
INSERT INTO "actors" VALUES(683,'0:192.0.2.250','192.0.2.250','0:192.0.2.250',1770614092650581,1770631800132342,10);
INSERT INTO "actors" VALUES(683,'0:192.0.2.77','192.0.2.77','0:192.0.2.77',1770614091650581,1770631799132342,11);
INSERT INTO "actors" VALUES(683,'0:192.0.2.99','192.0.2.99','0:192.0.2.99',1770595200000000,1770627600000000,2);
INSERT INTO "actors" VALUES(683,'1:job','192.0.2.99','0:192.0.2.99',NULL,NULL,0);
INSERT INTO "actors" VALUES(683,'1:ws0','ws0','1:ws0',1770626360313944,1770626690462844,12);
INSERT INTO "actors" VALUES(683,'1:ws1','192.0.2.1','0:192.0.2.1',NULL,NULL,0);
CREATE TABLE alerts (
            id TEXT PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ('current', 'superseded')),
            status TEXT NOT NULL DEFAULT 'open', settled INTEGER NOT NULL DEFAULT 0, actor TEXT NOT NULL,
            first INTEGER NOT NULL, last INTEGER NOT NULL, level TEXT NOT NULL, score INTEGER NOT NULL,
            record TEXT NOT NULL, successor TEXT, document TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "alerts" VALUES('GH-b011b846f8f0','current','open',0,'ws0',1770626360313944,1770626690462844,'high',90,'d46790daff74cd4b0a23c78472fcf7fcab0e9e20c116c847f2de8f020ee4dbb1',NULL,'{"id":"GH-b011b846f8f0","first_seen":1770626360313944,"last_seen":1770626690462844,"actor":{"user":null,"host":"ws0","ip":null,"process":null},"users":[],"rules":["tool_by_provider_set","breadth_5","breadth_2","breadth_3"],"score":90,"points":[{"rule":"tool_by_provider_set","points":40,"reason":"The set of databases asked is that of subfinder (50 % of the joint set; next best: bbot (25 %))."},{"rule":"breadth_5","points":20,"reason":"7 different open databases within an hour (anubisdb, censys, crtsh, digitorus, hackertarget and 2 more)."},{"rule":"breadth_2","points":15,"reason":"7 different open databases within an hour (anubisdb, censys, crtsh, digitorus, hackertarget and 2 more)."},{"rule":"breadth_3","points":15,"reason":"7 different open databases within an hour (anubisdb, censys, crtsh, digitorus, hackertarget and 2 more)."}],"level":"high","lookups":12,"requests":{"min":12,"estimate":27,"how":"per database the view that saw most, of dns/A; one record, one request"},"databases":["anubisdb","censys","crtsh","digitorus","hackertarget","shodan","whois-port43"],"techniques":["T1596.001","T1596.002","T1596.003","T1596.005"],"targets":[{"type":"hostname","value":"h12.example.com","about_us":false},{"type":"hostname","value":"h18.example.com","about_us":false},{"type":"hostname","value":"h3.example.com","about_us":false},{"type":"hostname","value":"h7.example.com","about_us":false}],"targets_total":4,"clients":[{"kind":"browser","name":"Firefox"},{"kind":"script","name":"curl"},{"kind":"unknown","name":null}],"visibility":{"seen_through":["dns/A"],"sources":["zeek"],"not_shown":["Resolver caches hide repeats, and one question may stand for many requests.","No log here names the account."]},"evidence":[{"file":"a.log","position":0,"record_sha256":"d46790daff74cd4b0a23c78472fcf7fcab0e9e20c116c847f2de8f020ee4dbb1","source":"zeek","time":1770626360313944},{"file":"a.log","position":1,"record_sha256":"7999aaf3f05d513dd3497be1d62c384f8e514c44892f90926eef869bfea3939d","source":"zeek","time":1770626391124995},{"file":"a.log","position":2,"record_sha256":"8752361a7df656cbefd9a1bc47045c707309c0e6392ef2fc2694555cd7acd6a7","source":"zeek","time":1770626420293872},{"file":"a.log","position":3,"record_sha256":"ea339b9e27f6fc487e0f9dbbacd0f7b98d74b12641ac94fa1b527488d54767c2","source":"zeek","time":1770626451085018},{"file":"a.log","position":4,"record_sha256":"fc0fdc31bf07bcb49f17ab3398e12b87a3a62bea2fe7efc83f69708e53edd8a4","source":"zeek","time":1770626480766149},{"file":"a.log","position":5,"record_sha256":"dc21ed1ec9fff17f3aeae3ad80f5a2d3c40e214afeed3d363e0edbe387d601cc","source":"zeek","time":1770626511043010},{"file":"a.log","position":6,"record_sha256":"d0f0f50d18d82a92ccc3769e8b0ff48b655d82a2ffb2390a653b84c6524a93a9","source":"zeek","time":1770626540726831},{"file":"a.log","position":7,"record_sha256":"d3df463b88e8d0428e9755513385111541895c37d537ec1266c727a0de0e4fd8","source":"zeek","time":1770626570807839},{"file":"a.log","position":8,"record_sha256":"9af733bd0576ec1607b184fe19b729b2e8dfe75411eea15e67dc086010e66fa0","source":"zeek","time":1770626600708146},{"file":"a.log","position":9,"record_sha256":"530be88412f008ee88f4b662d08bbe4339000249accc9e5355f7bab89e1a8254","source":"zeek","time":1770626630374887},{"file":"a.log","position":10,"record_sha256":"b6f55b902dea4be3c5831fcf1ebeb005ccc964e249fb45430f69674331dfa6a0","source":"zeek","time":1770626661052580},{"file":"a.log","position":11,"record_sha256":"92e60b87cfabc8633eabe4e814039f837608b00d902f9afc0264d81e6202b06d","source":"zeek","time":1770626690462844}],"evidence_total":12,"summary":"ws0 asked 7 open databases (anubisdb, censys, crtsh, digitorus and 3 more) about 27 times in 6 min, about h12.example.com, h18.example.com and 2 more, by script (curl)."}');
CREATE TABLE batches (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            state TEXT NOT NULL CHECK (state IN ('planned', 'done')),
            lookups INTEGER NOT NULL DEFAULT 0);
INSERT INTO "batches" VALUES(1,'done',40);
CREATE TABLE counts (
            source TEXT PRIMARY KEY, bytes INTEGER NOT NULL, records INTEGER NOT NULL,
            candidates INTEGER NOT NULL, parsed INTEGER NOT NULL, quarantined INTEGER NOT NULL,
            lookups INTEGER NOT NULL, kinds TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE files (
            path TEXT PRIMARY KEY, day INTEGER NOT NULL, lookups INTEGER NOT NULL, bytes INTEGER NOT NULL,
            first INTEGER NOT NULL, last INTEGER NOT NULL, last_batch INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO "files" VALUES('lake/lookups/event_day=20260209/b-e1060437-1-0.parquet',20260209,40,11365,1770595200000000,1770633115442787,1);
CREATE TABLE firsts (
            node TEXT, database TEXT, time INTEGER NOT NULL, PRIMARY KEY (node, database)) WITHOUT ROWID;
INSERT INTO "firsts" VALUES('0:192.0.2.99','shodan',1770595200000000);
INSERT INTO "firsts" VALUES('0:192.0.2.77','censys',1770614091650581);
INSERT INTO "firsts" VALUES('0:192.0.2.250','censys',1770614092650581);
INSERT INTO "firsts" VALUES('1:ws0','anubisdb',1770626360313944);
INSERT INTO "firsts" VALUES('1:ws0','digitorus',1770626391124995);
INSERT INTO "firsts" VALUES('1:ws0','shodan',1770626420293872);
INSERT INTO "firsts" VALUES('1:ws0','censys',1770626480766149);
INSERT INTO "firsts" VALUES('1:ws0','crtsh',1770626570807839);
INSERT INTO "firsts" VALUES('1:ws0','whois-port43',1770626600708146);
INSERT INTO "firsts" VALUES('1:ws0','hackertarget',1770626690462844);
INSERT INTO "firsts" VALUES('0:192.0.2.1','shodan',1770633035954508);
CREATE TABLE ids (day INTEGER, uid BLOB, PRIMARY KEY (day, uid)) WITHOUT ROWID;
INSERT INTO "ids" VALUES(20260209,X'04A1C64ED6D36E0FD891BE1A11EC2F0E');
INSERT INTO "ids" VALUES(20260209,X'07DB6B78DDFB54BDEE9271FD3FCC6B9B');
INSERT INTO "ids" VALUES(20260209,X'0BF14F744AA793F99E92248628B39D46');
INSERT INTO "ids" VALUES(20260209,X'0ECD488B316778F72430F7DBC0D6B0CF');
INSERT INTO "ids" VALUES(20260209,X'101364AEFD3D9766F622DE976A42AB73');
INSERT INTO "ids" VALUES(20260209,X'140CCFBDD71C2678420F86C8D3038D47');
INSERT INTO "ids" VALUES(20260209,X'22C41935216CA16299F0101FD9D4ED5E');
INSERT INTO "ids" VALUES(20260209,X'23BCED098C12F7DC0D885925868FB2E5');
INSERT INTO "ids" VALUES(20260209,X'263427399CE0B22E1D7F05D1189C9B22');
INSERT INTO "ids" VALUES(20260209,X'2765AF2A31A77DF74C4A24DF026D7482');
INSERT INTO "ids" VALUES(20260209,X'2C0E88F8AF5DC4E8CE08377A062C2717');
INSERT INTO "ids" VALUES(20260209,X'2CC1990D05E24689C1D47976649512FC');
INSERT INTO "ids" VALUES(20260209,X'32EE140FFD2CC7418438B9B9F6F2C0C5');
INSERT INTO "ids" VALUES(20260209,X'350996F52B3319800DBE283B219D890C');
INSERT INTO "ids" VALUES(20260209,X'35CD3EE66B28B94256D6EDAE2CFF7941');
INSERT INTO "ids" VALUES(20260209,X'35D13D290181129F192A0E46E5F3A26B');
INSERT INTO "ids" VALUES(20260209,X'3835680CEB9091F0DB9EB21B855E4AD8');
INSERT INTO "ids" VALUES(20260209,X'3965031640B35A021AD81579F1FD21FA');
INSERT INTO "ids" VALUES(20260209,X'3F91DD449BCBEFE948974CAEB0A66747');
INSERT INTO "ids" VALUES(20260209,X'4BEC3C88D01ABA032A6C676C20807F87');
INSERT INTO "ids" VALUES(20260209,X'4FFE8EA38A50F1CC2DC9873112DC2ED1');
INSERT INTO "ids" VALUES(20260209,X'5573FBBA91A11B660CC6B2B1613F2A3D');
INSERT INTO "ids" VALUES(20260209,X'58222F933B4967B8A1B8E2981AAB5C95');
INSERT INTO "ids" VALUES(20260209,X'61381F9C0E420DA5CCE1459581747DBB');
INSERT INTO "ids" VALUES(20260209,X'64A97E22660E9FC0667F968931522EF0');
INSERT INTO "ids" VALUES(20260209,X'74FBD0D8F3E4F566C4F33F9EB8832DBC');
INSERT INTO "ids" VALUES(20260209,X'7CFC7295D628A1800A34AB73D54838C4');
INSERT INTO "ids" VALUES(20260209,X'7F54D01B3CCC8F0E97B13A42D6C0539C');
INSERT INTO "ids" VALUES(20260209,X'82028BD36B62AD3A0327AB1CB639A12E');
INSERT INTO "ids" VALUES(20260209,X'932FD1F1463F1497CD28CDD3CED97DD9');
INSERT INTO "ids" VALUES(20260209,X'9EDB4C300AC8D2ECA5438B70F77494AC');
INSERT INTO "ids" VALUES(20260209,X'A8F5E408E435FEF23A7D74915F8F11B4');
INSERT INTO "ids" VALUES(20260209,X'B5741DA00FC18421BE08C303C7272E3E');
INSERT INTO "ids" VALUES(20260209,X'B6F83AB3853BB2DB461B26EDA8FB56AB');
INSERT INTO "ids" VALUES(20260209,X'BA2555BD6B8EBAEC487CC491C999A3C8');
INSERT INTO "ids" VALUES(20260209,X'CBB4D60B031F6228E7242C6FF4966797');
INSERT INTO "ids" VALUES(20260209,X'D6665F4FF22A9B5B6B720630FDA2AE27');
INSERT INTO "ids" VALUES(20260209,X'ECD2A38033DC1BA4F193DF346B665730');
INSERT INTO "ids" VALUES(20260209,X'F8810ABC4FA6DDED954A133D48F75F50');
INSERT INTO "ids" VALUES(20260209,X'FA0DA12C984CDEDA4989C571AEF322FF');
CREATE TABLE inputs (
            id INTEGER PRIMARY KEY, label TEXT NOT NULL, source TEXT NOT NULL, inode TEXT NOT NULL,
            head_size INTEGER NOT NULL, head BLOB NOT NULL, tail BLOB NOT NULL, "offset" INTEGER NOT NULL,
            resume INTEGER NOT NULL, lines INTEGER NOT NULL, layout TEXT NOT NULL);
CREATE TABLE linked (
            uid BLOB PRIMARY KEY, source TEXT NOT NULL, day INTEGER NOT NULL, time INTEGER NOT NULL,
            changed INTEGER NOT NULL, batch INTEGER NOT NULL, node TEXT NOT NULL,
            first_batch INTEGER NOT NULL, first_node TEXT NOT NULL, lookup TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
INSERT INTO "meta" VALUES('begin',1770595200000000);
INSERT INTO "meta" VALUES('judged',1);
INSERT INTO "meta" VALUES('proxied',1);
INSERT INTO "meta" VALUES('rules','18d2b9c50b16cb4dd20a0de331d2efb2f1aae3ed0a6e6534b4b2a6c9e61f29b9');
INSERT INTO "meta" VALUES('token','e1060437');
CREATE TABLE relayed (
            uid BLOB PRIMARY KEY, ip TEXT NOT NULL, node TEXT NOT NULL, time INTEGER NOT NULL
            ) WITHOUT ROWID;
INSERT INTO "relayed" VALUES(X'101364AEFD3D9766F622DE976A42AB73','192.0.2.250','0:192.0.2.250',1770617692650581);
INSERT INTO "relayed" VALUES(X'140CCFBDD71C2678420F86C8D3038D47','192.0.2.250','0:192.0.2.250',1770629561640983);
INSERT INTO "relayed" VALUES(X'263427399CE0B22E1D7F05D1189C9B22','192.0.2.250','0:192.0.2.250',1770624600132342);
INSERT INTO "relayed" VALUES(X'2C0E88F8AF5DC4E8CE08377A062C2717','192.0.2.250','0:192.0.2.250',1770621292650581);
INSERT INTO "relayed" VALUES(X'32EE140FFD2CC7418438B9B9F6F2C0C5','192.0.2.250','0:192.0.2.250',1770631800132342);
INSERT INTO "relayed" VALUES(X'4BEC3C88D01ABA032A6C676C20807F87','192.0.2.250','0:192.0.2.250',1770622321398081);
INSERT INTO "relayed" VALUES(X'61381F9C0E420DA5CCE1459581747DBB','192.0.2.250','0:192.0.2.250',1770629521398081);
INSERT INTO "relayed" VALUES(X'64A97E22660E9FC0667F968931522EF0','192.0.2.250','0:192.0.2.250',1770625961640983);
INSERT INTO "relayed" VALUES(X'9EDB4C300AC8D2ECA5438B70F77494AC','192.0.2.250','0:192.0.2.250',1770614092650581);
INSERT INTO "relayed" VALUES(X'B5741DA00FC18421BE08C303C7272E3E','192.0.2.250','0:192.0.2.250',1770625921398081);
CREATE TABLE relays (
            ip TEXT PRIMARY KEY, asked INTEGER NOT NULL, explained INTEGER NOT NULL,
            folded INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
INSERT INTO "relays" VALUES('192.0.2.1',5,0,0);
INSERT INTO "relays" VALUES('192.0.2.250',10,10,1);
INSERT INTO "relays" VALUES('192.0.2.99',2,0,0);
CREATE INDEX files_of_day ON files (day);
CREATE INDEX files_of_batch ON files (last_batch);
CREATE INDEX inputs_by_head ON inputs (head_size, head);
CREATE INDEX inputs_by_label ON inputs (label);
CREATE INDEX inputs_by_inode ON inputs (inode);
CREATE INDEX linked_by_node ON linked (node, time) WHERE changed;
CREATE INDEX linked_by_batch ON linked (batch);
CREATE INDEX linked_by_source ON linked (source, day);
CREATE INDEX actors_by_key ON actors (key, season);
CREATE INDEX actors_by_root ON actors (season, root);
CREATE INDEX firsts_by_time ON firsts (time);
CREATE INDEX relayed_by_ip ON relayed (ip, time);
CREATE INDEX alerts_of_actor ON alerts (actor, first);
CREATE INDEX alerts_by_time ON alerts (first);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('batches',1);
COMMIT;
PRAGMA user_version = 1;
