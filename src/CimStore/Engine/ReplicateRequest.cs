namespace CimStore.Engine;

/// <param name="Factor">How many effective copies there are to be: the failure domains it takes to lose the object.
/// </param>
public sealed record ReplicateRequest(int Factor, CommandIdentity Identity);
