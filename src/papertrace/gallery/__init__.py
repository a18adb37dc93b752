"""Looking at what the generator makes: contact sheet and HTML page of layouts, options, artifacts and presets."""
