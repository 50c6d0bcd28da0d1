"""The configuration: its checks, its files, the code behind each rule and what jobs cost."""
