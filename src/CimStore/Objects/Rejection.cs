namespace CimStore.Objects;

/// <summary>A rule said no. The code is stable and public; the message names the cause and the next step.</summary>
public sealed record Rejection(string Code, string Message);
