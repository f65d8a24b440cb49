"""``python -m glasshouse``: the command line."""

from glasshouse.cli.main import main

main()
