"""What Foreman costs, by AWS's list prices."""
