namespace CimStore.Engine;

/// <summary>Copies that an object owes its class, or parts that a copy of it lacks.</summary>
/// <param name="Since">When it came to be.</param>
/// <param name="NextTry">When it is tried again.</param>
/// <param name="Attempts">How often it was tried in vain.</param>
/// <param name="Cause">What stood in the way the last time; empty before the first.</param>
/// <param name="LacksParts">A copy that can be read lacks parts: no count of copies shows it.</param>
public sealed record DebtRecord(
    DateTimeOffset Since, DateTimeOffset NextTry, int Attempts, string Cause, bool LacksParts = false);
