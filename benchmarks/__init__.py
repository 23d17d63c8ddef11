"""How fast it is, measured on real code and real databases; `python -m benchmarks --help` says more."""
