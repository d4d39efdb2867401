namespace CimStore.Engine;

/// <summary>
/// A refusal by a rule: nothing changed. The code is stable and public; the message names cause and next step.
/// </summary>
public sealed record Refusal(string Code, string Message);
