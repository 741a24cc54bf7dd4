"""What a provider runs: index, disclosure control, and its side of the border. Data stay here; protected
counts leave.
"""
