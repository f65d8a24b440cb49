; the zone that the test's name server serves
$TTL 1h
@           IN SOA   ns1.example.com. hostmaster.example.com. 2026112001 1h 15m 4w 1h
            IN NS    ns1
            IN MX    10 mail
ns1         IN A     192.0.2.53
www         IN A     192.0.2.80
            IN AAAA  2001:db8::80
mail        IN A     192.0.2.25
*.apps      IN CNAME www
intern      IN A     10.0.0.8
_dmarc      IN TXT   "v=DMARC1; p=none"
