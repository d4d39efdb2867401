namespace CimStore.Policies;

public enum PolicySeverity
{
    /// <summary>The policy does what it says, which is hardly what was meant.</summary>
    Warning,

    /// <summary>The policy may not be used.</summary>
    Error,
}
