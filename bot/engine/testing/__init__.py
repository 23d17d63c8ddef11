"""Working fakes for every port; they pass the same contract tests as the real ones."""
