namespace CimStore.Engine;

/// <summary>What a job did with one object, and why, in words.</summary>
/// <param name="IsChanged">A copy was made or given up.</param>
/// <param name="Cause">Why it could not be dealt with; null when it was, or when there was nothing to do.</param>
/// <param name="IsWorthRetry">Trying again may help: a location failed, or somebody was reading.</param>
internal readonly record struct JobOutcome(bool IsChanged, string? Cause, bool IsWorthRetry)
{
    public static readonly JobOutcome Nothing = new(false, null, false);
    public static readonly JobOutcome Changed = new(true, null, false);

    public static JobOutcome Refused(string cause) => new(false, cause, false);

    public static JobOutcome Failed(string cause) => new(false, cause, true);
}
