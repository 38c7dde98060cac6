"""The table of rules: .ci/rules."""
