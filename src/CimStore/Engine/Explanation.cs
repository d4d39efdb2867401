using System.Collections.Immutable;
using CimStore.Objects;

namespace CimStore.Engine;

/// <summary>Why the object is where it is: each line names the rule and the facts it saw.</summary>
public sealed record Explanation(ObjectRecord Record, ImmutableArray<string> Reasons);
