"""The withdrawal function of EU law: statements from everybody, and what they set going."""
