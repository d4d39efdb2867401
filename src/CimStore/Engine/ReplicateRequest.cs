namespace CimStore.Engine;

/// <param name="Factor">How many effective copies there are to be: the failure domains it takes to lose the object.
/// </param>
public sealed record ReplicateRequest(int Factor, CommandIdentity Identity)
{
    /// <summary>Makes copies and gives none up: more than asked for, whoever asked for them, stay.</summary>
    public bool IsAtLeast { get; init; }
}
