"""Methods that find a gate on two axes, one file each.

- `singlets` is a strip along the robust line of height on area, `cluster` the ellipse of one population.
- `shift` and `register` carry the template's outline to where the sample's populations are against those of
  all samples together; how large they are has no say.
- `_plane` is a summary's plane, its blur and its modes; `_outline` what becomes of an outline; `_mixture`
  fits clusters; `_registration` fits the displacement of one plane against another.
"""
