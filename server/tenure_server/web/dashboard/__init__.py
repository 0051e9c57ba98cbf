"""The pages that IT looks at."""
