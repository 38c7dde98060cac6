"""What `.ci/structure` checks."""
