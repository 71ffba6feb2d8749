"""Sphinx's settings for the site that release/site.py builds."""

project = "Toxwatch"
html_title = "Toxwatch"
html_theme = "furo"
extensions = ["myst_parser"]
myst_heading_anchors = 4
myst_links_external_new_tab = True
suppress_warnings = ["myst.header"]  # the changelog's headings skip a level
html_copy_source = False
html_show_sphinx = False
