"""The policies that ship with Tenure, as YAML."""
