; written by hand: relative names, brackets, escapes, comments with "quotes and ( brackets
$TTL 1d
@ IN SOA ns1 host\.master (
        2026112001 ; serial )
        1h 15m 4w
        1h )
        IN NS ns1
        IN NS ns.example.net.
        IN MX 10 mail
        IN TXT "v=spf1 ip4:192.0.2.0/24 ; not a comment" "SOA ("
ns1     3600 IN A 192.0.2.53
ns1     IN 3600 AAAA 2001:DB8:0:0::53
WWW     A 192.0.2.80
        A 203.0.113.80
        AAAA 2001:db8::80
mail.example.com. 300 IN A 192.0.2.25
intern  A 10.0.0.8
ftp     CNAME www.example.net.
*.apps  CNAME www
\042.old A 192.0.2.81
xn--bcher-kva A 192.0.2.82
_dmarc  TXT "v=DMARC1; p=reject"
_sip._tcp SRV 0 5 5060 sip
sip     A 192.0.2.300
odd     A
        NOSUCHTYPE x
        TYPE65280 \# 4 0A000001
outside.example.net. A 198.51.100.9
$ORIGIN eu
shop    A 192.0.2.83
$ORIGIN lab.example.com.
vpn     HTTPS 1 . alpn=h2
$INCLUDE /etc/passwd
$GENERATE 1-4000000000 host$ A 192.0.2.$
last    A 192.0.2.84 ( ; never closed
