using CimStore.Objects;

namespace CimStore.Engine;

/// <param name="AtLeast">
/// A token from a receipt: everything up to this LSN is observed (Causal, ReadYourWrites).
/// </param>
public sealed record RetrieveRequest(Lsn AtLeast, CommandIdentity Identity)
{
    public static readonly RetrieveRequest Default = new(Lsn.None, CommandIdentity.None);
}
