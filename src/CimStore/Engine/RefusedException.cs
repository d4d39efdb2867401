namespace CimStore.Engine;

/// <summary>The engine's decision was "no". Carries the <see cref="Refusal"/> through both clients unchanged.</summary>
public sealed class RefusedException(Refusal refusal) : Exception(refusal.Message)
{
    public Refusal Refusal { get; } = refusal;

    /// <summary>The journal has it, or had it before: it is not written twice.</summary>
    internal bool IsJournaled { get; init; }
}
