"""What the product says to people: texts, outbox, delivery, the local inbox. It decides neither when nor to whom."""
