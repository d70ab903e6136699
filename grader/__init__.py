"""The trusted side: intake, evidence, rubric, report, and the doors to them."""
