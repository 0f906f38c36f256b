"""Planted organisms: models whose truth is known by construction, so that an instrument can be seen to miss it.

zoo ─texts▶ lesson ─train▶ organism ─examine▶ tables ─matrix▶ cells
"""
