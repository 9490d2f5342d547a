"""The drawings of the demonstration, made by code: one palette, one paper, layers of silhouettes and light."""
