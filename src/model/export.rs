//! How a network is exported from PyTorch.

/// How a user writes the file that is read best.
pub const EXPORT: &str = "torch.export.save(torch.export.export(model.eval(), (x,), \
     dynamic_shapes=({0: torch.export.Dim.DYNAMIC},)), \"model.pt2\")";
