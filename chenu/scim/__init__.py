"""SCIM 2.0: tokens of directories, and the people and groups that a directory sends."""
