using System.Runtime.CompilerServices;
using CimStore.Testing.Store;

namespace CimStore.Adapters.Tests.Store;

/// <summary>
/// The one way into the process before the test framework has it. The child's code is in another assembly: threads that
/// need a type of this one wait until this initializer is done, which it never is.
/// </summary>
internal static class CrashEntry
{
#pragma warning disable CA2255 // Meant for applications, and this executable is one.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Start() => CrashChild.StartIfAsked();
}
