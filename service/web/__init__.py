"""The only place that knows HTTP: routes, problems, pages."""
