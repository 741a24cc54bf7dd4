"""What a cohort is: variables, code lists, expressions, their text and their canonical form. Pure: no I/O."""
