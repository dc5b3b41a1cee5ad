"""Interop: gating files and objects of other programs, in and out, and our counts beside theirs.

- `gatingml/`, `flowjo/`, `flowkit/` - Gating-ML 2.0, FlowJo 10 workspaces and FlowKit strategies, each alone.
- `parity/` - FlowJo's stored counts beside ours, and why they differ.
- `crosscheck` - what other FCS readers find in a file.
- Shared: `xml` and `elements` read XML that may be hostile, `outside` makes populations of what lies outside
  a shape, `counterpart` is for what the other side cannot express.
"""
