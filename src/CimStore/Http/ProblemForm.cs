namespace CimStore.Http;

/// <summary>One row of the problem table.</summary>
/// <param name="Kind">Which exception the clients throw: see <see cref="Problem.Kind"/>.</param>
public sealed record ProblemForm(string Code, int Status, string Title, string Kind, int? RetryAfterSeconds = null);
