"""The assessment around the challenges: what a person shows, plans and has earned."""
